# expect: unknown-name
# names: errors
# %%
log = await read_text('/logs/api.log')
errors = [l for l in log.splitlines() if 'ERROR' in l]
# %%
# restore
await create_issue('Pool exhausted', log[:80], labels=['bug'])
summary = f'{len(log.splitlines())} lines, {len(erorrs)} errors'
summary
