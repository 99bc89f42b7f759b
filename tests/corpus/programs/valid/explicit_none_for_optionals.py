# %%
everything = await deploys(None, None)
people = await find_people('o', team=None)
# %%
team = None
if len(people) > 2:
    team = people[0]['team']
same_team = await find_people(team=team)
[p['name'] for p in same_team]
# %%
held = await reserve('HOS-3', 1, until=None)
size = len(await read_bytes('/data/logo.bin', 4, None))
len(everything), held['expires'], size
