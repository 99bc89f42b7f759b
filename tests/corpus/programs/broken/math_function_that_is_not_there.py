# expect: unknown-attribute
# names: average
# %%
import math
temps = [w['temp_c'] for w in await forecast('Lisbon')]
# %%
record_metric('temp', temps[0])
math.average(temps)
