# %%
class Level:
    INFO = 'INFO'
    WARN = 'WARN'
    ERROR = 'ERROR'
    ORDER = ['INFO', 'WARN', 'ERROR']

class Limits:
    max_errors = 1

log = (await read_text('/logs/api.log')).strip().split('\n')
# %%
def at_least(level, lines):
    floor = Level.ORDER.index(level)
    return [l for l in lines if Level.ORDER.index(l.split(' ', 2)[1]) >= floor]

errors = at_least(Level.ERROR, log)
len(errors)
# %%
# restore
Limits.max_errors += 1
alarm = len(errors) > Limits.max_errors
{'alarm': alarm, 'warn': len(at_least(Level.WARN, log)), 'text': errors[0].split(' ', 2)[2]}
