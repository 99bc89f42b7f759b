// Speaks the UI message stream of the AI SDK 6 as its `useChat` does: the page has the messages, and posts all of them.
const id = new URL(location).searchParams.get('chat') ?? crypto.randomUUID();
history.replaceState(null, '', `?chat=${encodeURIComponent(id)}`);
const $ = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter(Boolean));
  return element;
};
const place = document.getElementById('messages');
const status = document.getElementById('status');
let messages = [];

async function run() {
  status.textContent = 'working';
  try {
    const body = JSON.stringify({ id, trigger: 'submit-message', messages });
    const response = await fetch('/chat', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Error(await response.text());
    let problem = '';
    for await (const chunk of events(response.body)) {
      if (chunk.type === 'error') problem = chunk.errorText;
      else take(chunk);
      render();
    }
    status.textContent = problem ? `failed: ${problem}` : 'ready';
  } catch (error) {
    status.textContent = `failed: ${error.message}`;
  }
  render();
}

async function* events(stream) {
  let text = '';
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) if (block !== 'data: [DONE]') yield JSON.parse(block.slice('data: '.length));
  }
}

// One chunk of the stream, into the message that it continues.
function take(chunk) {
  if (messages.at(-1)?.role !== 'assistant') messages.push({ id: crypto.randomUUID(), role: 'assistant', parts: [] });
  const { parts } = messages.at(-1);
  const tool = chunk.toolCallId && messages.flatMap((message) => message.parts).findLast((part) => part.toolCallId === chunk.toolCallId);
  switch (chunk.type) {
    case 'start-step': parts.push({ type: 'step-start' }); break;
    case 'text-start': parts.push({ type: 'text', text: '' }); break;
    case 'text-delta': parts.findLast((part) => part.type === 'text').text += chunk.delta; break;
    case 'tool-input-start':
      parts.push({ type: `tool-${chunk.toolName}`, toolCallId: chunk.toolCallId, state: 'input-streaming', callProviderMetadata: chunk.providerMetadata });
      break;
    case 'tool-input-available':
      if (tool) Object.assign(tool, { state: 'input-available', input: chunk.input });
      else parts.push({ type: `tool-${chunk.toolName}`, toolCallId: chunk.toolCallId, state: 'input-available', input: chunk.input });
      break;
    case 'tool-approval-request': Object.assign(tool, { state: 'approval-requested', approval: { id: chunk.approvalId } }); break;
    case 'tool-output-available': Object.assign(tool, { state: 'output-available', output: chunk.output }); break;
    case 'tool-output-error': Object.assign(tool, { state: 'output-error', errorText: chunk.errorText }); break;
    case 'tool-output-denied': Object.assign(tool, { state: 'output-denied' }); break;
    default:
      if (!chunk.type.startsWith('data-') || chunk.transient) break;
      const known = chunk.id && parts.find((part) => part.type === chunk.type && part.id === chunk.id);
      if (known) known.data = chunk.data;
      else parts.push({ type: chunk.type, id: chunk.id, data: chunk.data });
  }
}

// As `addToolApprovalResponse` with `lastAssistantMessageIsCompleteWithApprovalResponses`: it is sent once all are answered.
function answer(part, approved, reason) {
  Object.assign(part, { state: 'approval-responded', approval: { id: part.approval.id, approved, reason } });
  render();
  if (!messages.at(-1).parts.some((each) => each.state === 'approval-requested')) run();
}

function edit(number, text) {
  messages = messages.slice(0, number);
  say(text);
}

function say(text) {
  messages.push({ id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] });
  render();
  run();
}

function render() {
  place.replaceChildren(...messages.map((message, number) => $('article', { className: message.role }, ...shown(message, number))));
}

function shown(message, number) {
  if (message.role === 'user') {
    const text = message.parts.filter((part) => part.type === 'text').map((part) => part.text).join('');
    const again = $('button', { textContent: 'Edit', onclick: () => { const changed = prompt('Message', text); if (changed) edit(number, changed); } });
    return [$('p', { textContent: text }), again];
  }
  return message.parts.map((part) => {
    if (part.type === 'text') return $('p', { className: 'said', textContent: part.text });
    if (part.type === 'data-code_mode.call') return $('small', { className: 'made', textContent: `calls ${part.data.tool_name}` });
    if (!part.toolCallId) return null;
    return $('section', {}, $('pre', { textContent: part.input?.code ?? part.type }), outcome(part, message));
  });
}

function outcome(part, message) {
  if (part.state === 'output-available') return $('pre', { className: 'output', textContent: JSON.stringify(part.output) });
  if (part.state === 'output-error') return $('pre', { className: 'output', textContent: part.errorText });
  if (part.state !== 'approval-requested') return $('small', { textContent: part.state });
  const data = message.parts.findLast((each) => each.type === 'data-waiting-calls' && each.id === part.toolCallId)?.data;
  const choices = (data?.calls ?? []).map((call) => choice(call));
  const send = () => answer(part, false, JSON.stringify({ decisions: choices.map(({ decision }) => decision()).filter(Boolean) }));
  return $('div', { className: 'waits' },
    ...choices.map(({ element }) => element),
    choices.length > 0 && $('button', { textContent: 'Decide', onclick: send }),
    $('button', { textContent: 'Approve', onclick: () => answer(part, true) }),
    $('button', { textContent: 'Deny', onclick: () => answer(part, false) }));
}

// What is decided of one call: nothing yet, unless somebody chooses.
function choice(call) {
  const kinds = call.reason === 'external' ? ['later', 'result', 'deny'] : ['later', 'approve', 'deny'];
  const kind = $('select', { ariaLabel: `Decision on ${call.text}` }, ...kinds.map((value) => $('option', { value, textContent: value })));
  const value = $('input', { ariaLabel: `Text for ${call.text}`, placeholder: call.reason === 'external' ? 'what it gives' : 'why not' });
  const decision = () => {
    if (kind.value === 'later') return null;
    if (kind.value === 'result') return { wait: call.wait, kind: 'result', value: value.value };
    if (kind.value === 'deny') return { wait: call.wait, kind: 'deny', message: value.value || 'denied' };
    return { wait: call.wait, kind: 'approve' };
  };
  return { decision, element: $('fieldset', {}, $('legend', { className: 'call', textContent: call.text }), kind, value) };
}

document.getElementById('ask').onsubmit = (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (text.value.trim()) say(text.value.trim());
  text.value = '';
};

messages = await (await fetch(`/chats/${encodeURIComponent(id)}`)).json();
status.textContent = 'ready';
render();
