# expect: unknown-name
# names: len
# %%
# the two people of the platform team
people = await find_people(team='platform')
# %%
# restore
sent = await send_email([p['email'] for p in people], 'Hello', 'Welcome back')
if sent != lenght(people):
    print('somebody was missed')
sent
