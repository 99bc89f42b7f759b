# %%
import json
config = json.loads(await read_text('/config/api.json'))
print(json.dumps(config, indent=2, sort_keys=True))
# %%
try:
    broken = json.loads(await read_text('/config/broken.json'))
except ValueError as e:
    print('invalid json:', type(e).__name__)
    broken = {'pool_size': None}
# %%
merged = {**config, **{k: v for k, v in broken.items() if v is not None}}
merged['pool_size'] *= 4
merged['hosts'].append('db3')
payload = json.dumps(merged)
size = write_file('/config/api.json', payload, overwrite=True)
size == len(payload), json.loads(payload)
