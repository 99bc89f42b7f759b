# expect: wrong-type
# names: 'high'
# %%
failed = [d for d in await deploys() if not d['ok']]
# %%
# restore
await create_issue('Deploy failed', str(failed[0]['version']))
await send_email('bo@shop.example', 'Deploy failed', 'See the issue.', priority='urgent')
