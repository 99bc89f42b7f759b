# expect: not-a-tool | not-awaitable
# names: find_people
# %%
record_metric('lookups', 1)
people = await find_people
len(people)
