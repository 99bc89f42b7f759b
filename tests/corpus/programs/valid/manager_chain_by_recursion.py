# %%
async def chain(person_id):
    person = await get_person(person_id)
    if person is None:
        return []
    if person['manager_id'] is None:
        return [person['name']]
    return [person['name']] + await chain(person['manager_id'])

dana = (await find_people('dana'))[0]
line = await chain(dana['id'])
print(' -> '.join(line))
# %%
def depth(tree):
    return 1 + max([depth(t) for t in tree.values()], default=0)

tree = {}
for name in reversed(line):
    tree = {name: tree}
# %%
nobody = await chain('00000000-0000-0000-0000-00000000ffff')
(depth(tree), nobody, list(tree))
