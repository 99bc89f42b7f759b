# %%
# raises: RuntimeError
issues = await search_issues(state='all')
unowned = [i for i in issues if i['assignee'] is None]
if unowned:
    raise RuntimeError(f'{len(unowned)} issue(s) without an owner')
status = 'clean'
# %%
status = 'dirty'
try:
    try:
        int('12a')
    except ValueError as e:
        raise LookupError('bad number') from e
except LookupError as outer:
    cause = str(outer)
    message = outer.args[0]
# %%
[unowned[0]['number'], status, message == cause]
