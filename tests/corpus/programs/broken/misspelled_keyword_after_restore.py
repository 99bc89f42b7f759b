# expect: unknown-argument
# names: priority
# %%
recipients = ['ada@shop.example', 'bo@shop.example']
subject = 'Pool size'
# %%
# restore
await create_issue(subject, 'from the incident review')
await send_email(recipients, subject, 'Please raise it.', prority='high')
