# expect: unknown-name
# names: send_email
# %%
people = await find_people(team='payments')
# %%
for p in people:
    await comment_on_issue(101, f'asking {p["name"]}')
    await send_mail(p['email'], 'Issue 101', 'Any news?')
