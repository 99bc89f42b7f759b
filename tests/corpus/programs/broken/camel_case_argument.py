# expect: unknown-argument
# names: dry_run
# %%
good = [d for d in await deploys('api') if d['ok']][-1]
# %%
await notify('#ops', f"back to {good['version']}")
back = await rollback('api', good['id'], dryRun=True)
back['took']
