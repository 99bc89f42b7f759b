# expect: unknown-attribute | unknown-module | unsupported-import | unknown-name
# names: Counter
# %%
issues = await search_issues(state='all')
# %%
# restore
record_metric('issues', len(issues))
from collections import Count
Count(i['state'] for i in issues)['open']
