# %%
ids = [id for id in [order['id'] for order in await list_orders()]]
by_type = {type: len([file for file in await list_files() if str(file['path']).endswith(type)]) for type in ('.csv', '.txt')}
# %%
[f'{id}: {len(str)}' for id, str in zip(ids, ids)], next((max for max in [3, 4] if max > 3), None)
# %%
# restore
[id for id in ids][:1], [len(str) for str in ids][:1], sum(max for max in [1, 2]), max(1, 2), type(1) is int
