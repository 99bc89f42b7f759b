# expect: unknown-attribute
# names: findall
# %%
import re
await comment_on_issue(101, 'collecting the orders')
body = (await get_issue(101))['body']
re.find_all(r'ORD-\d+', body)
