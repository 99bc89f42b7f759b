# expect: unknown-attribute
# names: loads
# %%
import json
text = await read_text('/config/api.json')
# %%
# restore
write_file('/backup/config.json', text)
config = json.parse(text)
config['timeout']
