# %%
state = 'start'
trail = []
tries = 0
while state != 'end':
    trail.append(state)
    if state == 'start':
        state = 'check'
    elif state == 'check':
        tries += 1
        status, *_ = await service_health('web' if tries > 2 else 'api')
        state = 'report' if status == 'ok' else 'wait'
    elif state == 'wait':
        state = 'check' if tries < 5 else 'end'
    else:
        await notify('#ops', f'ok after {tries} tries')
        state = 'end'
trail
# %%
waits = trail.count('wait')
# %%
(tries, waits, state, trail[-1])
