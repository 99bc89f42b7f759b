# expect: unknown-attribute
# names: json.load
# %%
import json
raw = await read_text('/config/api.json')
# %%
write_file('/backup/api.json', raw)
config = json.loadz(raw)
config['hosts']
