# %%
first, *others, last = await deploys()
print(first['service'], last['service'], len(others))
# %%
major, *rest = last['version']
head, *tail = sorted((d['at'] for d in others), reverse=True)
# %%
(status, *numbers), *_ = [await service_health(s) for s in ('api', 'web')]
everything = [*numbers, *rest, *{'a': 1}]
{'major': major, 'rest': rest, 'newest': head, 'status': status, 'all': everything}
