# %%
health = await service_health('api')
if health[0] == 'ok':
    detail = 'nothing to do'
else:
    detail = await deploys('api')
print(type(detail).__name__)
# %%
if isinstance(detail, str):
    answer = detail
elif not detail:
    answer = None
else:
    answer = detail[-1]['version']
# %%
flag = 'yes' if answer and answer[0] > 1 else 0
(answer, flag)
