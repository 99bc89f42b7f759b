# expect: unknown-module | unsupported-import
# names: requests
# %%
await notify('#ops', 'checking the status page')
import requests
response = requests.get('https://status.example/api')
response.json()['status']
