# expect: duplicate-argument
# names: subject
# %%
chidi = (await find_people('chidi'))[0]
subject = 'Your issues'
# %%
# restore
await notify('#payments', 'mail is on its way')
await send_email(chidi['email'], subject, subject='Issues', body='You have two.')
