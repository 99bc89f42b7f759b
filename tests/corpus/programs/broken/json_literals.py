# expect: unknown-name
# names: True
# %%
past = await deploys('web')
target = past[0]['id']
# %%
await notify('#ops', 'dry run first')
await rollback('web', target, dry_run=true)
