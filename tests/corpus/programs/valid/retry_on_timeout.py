# %%
from datetime import timedelta

data = None
for attempt in range(1, 5):
    try:
        data = await fetch_json('https://status.example/api', timeout=timedelta(milliseconds=400 * attempt))
        break
    except TimeoutError as e:
        print(f'attempt {attempt} failed: {e}')
else:
    print('gave up')
attempt
# %%
down = [c['name'] for c in data['components'] if not c['up']]
# %%
{'status': data['status'], 'down': down, 'attempts': attempt}
