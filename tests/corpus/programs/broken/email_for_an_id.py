# expect: wrong-type
# names: person_id
# %%
await notify('#hr', 'looking up Dana')
dana = await get_person('dana@shop.example')
dana['birthday'] if dana else None
