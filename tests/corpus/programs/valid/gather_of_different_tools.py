# %%
import asyncio

issues, recent, (status, errors, p95), people = await asyncio.gather(
    search_issues(labels={'bug'}),
    deploys('api'),
    service_health('api'),
    find_people(),
)
print(status, f'{errors:.1%}', p95)
# %%
names = {p['email'].split('@')[0]: p['name'] for p in people}
blame = [(d['version'], names.get(d['by'])) for d in recent]
blame
# %%
# restore
summary = f"{len(issues)} open bugs, {sum(not d['ok'] for d in recent)} failed deploy(s), p95 {p95}ms"
summary, blame[-1]
