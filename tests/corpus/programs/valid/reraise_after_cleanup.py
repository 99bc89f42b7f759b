# %%
# raises: ValueError
locked = []
try:
    locked.append('ORD-1003')
    done = await refund('ORD-1003', 999)
except ValueError:
    locked.clear()
    print('released')
    raise
finally:
    attempts = 1
# %%
order = await get_order('ORD-1003')
error = None
try:
    done = await refund(order['id'], order['total'] + 1, reason='again')
except ValueError as e:
    error = e
    attempts += 1
# %%
done = await refund(order['id'], order['total'])
[locked, attempts, str(error), done['remaining'] == 0]
