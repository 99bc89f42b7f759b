# %%
from functools import partial, reduce
from datetime import date

oslo = partial(get_weather, 'Oslo')
w = await oslo()
w['temp_c']
# %%
days = [date(2026, 9, d) for d in (7, 8, 9)]
temps = [(await oslo(day=d))['temp_c'] for d in days]
# %%
rain = reduce(lambda acc, t: acc + (t > 5), temps, 0)
temps, rain
