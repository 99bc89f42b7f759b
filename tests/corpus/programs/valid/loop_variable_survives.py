# %%
for n in range(101, 200):
    try:
        issue = await get_issue(n)
    except LookupError:
        break
# %%
print('first free number:', n)
last_seen = issue['number']
# %%
for i, w in enumerate(await forecast('Lisbon', 4)):
    if w['wind']['direction'] == 'N':
        break
[n, last_seen, i, w['day']]
