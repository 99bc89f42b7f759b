# %%
hits = await search_issues('postgres')
if hits:
    target = hits[0]
for d in await deploys('mail'):
    last_mail_deploy = d
# %%
# raises: NameError
print('target is', target['title'])
# %%
target = (await search_issues('postgres', state='closed'))[0]
if 'last_mail_deploy' not in target:
    last_mail_deploy = None
# %%
target['number'], last_mail_deploy
