# %%
bugs = await search_issues(labels=['bug', 'payments'], state='all')
[b['number'] for b in bugs]
# %%
emails = {p['email'] for p in await find_people(team='platform')}
sent = await send_email(to=sorted(emails), subject='Hi', body='Hello')
m = await book_meeting('Sync', bugs[0]['opened_at'].replace(tzinfo=None), bugs[0]['estimate'], tuple(sorted(emails)))
# %%
await notify('#ops', 'done', ('ada', 'bo', 'ada'))
sent, sorted(m['attendees']), m['end']
