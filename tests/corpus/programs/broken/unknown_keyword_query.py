# expect: unknown-argument
# names: since
# %%
await notify('#ops', 'collecting deploys')
recent = await deploys(service='api', after='2026-09-03')
[d['version'] for d in recent]
