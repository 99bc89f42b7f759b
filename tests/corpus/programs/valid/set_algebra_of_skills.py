# %%
people = await find_people()
skills = {p['name'].split()[0]: p['skills'] for p in people}
everyone = set()
for s in skills.values():
    everyone |= s
# %%
common = skills['Ada'] & skills['Bo']
only_ada = skills['Ada'] - skills['Bo'] - skills['Chidi']
either = skills['Bo'] ^ skills['Chidi']
print(sorted(common), sorted(only_ada), sorted(either))
# %%
pairs = {frozenset((a, b)) for a in skills for b in skills if a != b and skills[a] & skills[b]}
covers = [n for n, s in skills.items() if s >= {'python'}]
[everyone, sorted(sorted(p) for p in pairs), covers, skills['Dana'].isdisjoint(everyone)]
