// Follows a conversation while the desk is at work on it. Without scripts the page reloads itself instead.
const follow = async () => {
  const shown = document.getElementById('page');
  if (shown.dataset.state !== 'running') return;
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(5000) });
    const next = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('page');
    if (next && next.outerHTML !== shown.outerHTML) {
      shown.replaceWith(next);
      if (next.dataset.state !== 'running') document.getElementById('now')?.scrollIntoView({ block: 'nearest' });
    }
  } catch {
    // The service is not there at the moment, or was killed over the answer; it continues when it is started again.
  }
  setTimeout(follow, 400);
};
setTimeout(follow, 400);
