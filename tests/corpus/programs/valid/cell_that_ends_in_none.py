# %%
reply = await notify('#general', 'hello', mentions=['ada'])
print('reply:', reply)
# %%
names = []
for p in await find_people():
    names.append(p['name'])
# %%
print(sorted(names))
