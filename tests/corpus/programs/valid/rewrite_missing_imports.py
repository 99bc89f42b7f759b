# %%
raw = await read_text('/config/api.json')
config = json.loads(raw)
config['timeout']
# %%
weathers = await asyncio.gather(get_weather('Oslo'), get_weather('Nairobi'))
numbers = re.findall(r'\d+', raw)
# %%
# restore
shape = math.hypot(3, 4)
text = json.dumps({'n': numbers, 'root': math.sqrt(config['pool_size'] ** 2)})
[text, shape, [w['temp_c'] for w in weathers]]
