# %%
orders = await list_orders(since='2026-09-02T00:00:00')
print(len(orders))
recent = await deploys('api', '2026-09-03')
# %%
issue = await get_issue('101')
paid = await refund('ORD-1002', '8.50', 'late')
meeting = await book_meeting('Review', '2026-09-10T09:00:00', 'PT45M', ['bo@shop.example'])
# %%
day = '2026-09-08'
w = await get_weather('Lisbon', day)
[len(recent), issue['number'], paid['remaining'], meeting['end'], w['day']]
