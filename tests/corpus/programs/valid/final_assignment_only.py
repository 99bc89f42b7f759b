# %%
people = await find_people(team='platform')
# %%
emails = [p['email'] for p in people]
subject = 'Pool incident'
# %%
sent = await send_email(emails, subject, 'Please look at #101.', 'high')
