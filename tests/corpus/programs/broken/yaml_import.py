# expect: unknown-module | unsupported-import
# names: yaml
# %%
config = await read_text('/config/api.json')
# %%
write_file('/backup/api.yaml', config)
import yaml
yaml.safe_load(config)
