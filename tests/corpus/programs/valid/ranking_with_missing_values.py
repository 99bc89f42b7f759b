# %%
people = await find_people()
by_birthday = sorted(people, key=lambda p: (p['birthday'] is None, str(p['birthday'] or p['name'])))
[p['name'] for p in by_birthday]
# %%
oldest = min((p for p in people if p['birthday']), key=lambda p: p['birthday'])
ages = {p['name'].split()[0]: 2026 - p['birthday'].year if p['birthday'] else None for p in people}
# %%
ranked = sorted(ages.items(), key=lambda kv: kv[1] if kv[1] is not None else -1, reverse=True)
longest = max([len(k) for k in ages], default=0)
none_at_all = max([a for a in ages.values() if a and a > 99], default='n/a')
(oldest['name'], ranked, longest, none_at_all)
