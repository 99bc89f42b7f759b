// Speaks AG-UI: the page has the messages and what the last run was interrupted for, and posts a `RunAgentInput`.
const threadId = new URL(location).searchParams.get('chat') ?? crypto.randomUUID();
history.replaceState(null, '', `?chat=${encodeURIComponent(threadId)}`);
const $ = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter(Boolean));
  return element;
};
const place = document.getElementById('messages');
const status = document.getElementById('status');
let messages = [];
let interrupts = [];
let made = [];

async function run(resume) {
  status.textContent = 'working';
  const input = { threadId, runId: crypto.randomUUID(), state: {}, messages, tools: [], context: [], forwardedProps: {}, resume };
  interrupts = [];
  made = [];
  render();
  try {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const response = await fetch('/chat', { method: 'POST', headers, body: JSON.stringify(input) });
    if (!response.ok) throw new Error(await response.text());
    let problem = '';
    for await (const event of events(response.body)) {
      if (event.type === 'RUN_ERROR') problem = event.message;
      else take(event);
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
    for (const block of blocks) yield JSON.parse(block.slice('data: '.length));
  }
}

// One event of the run, into the messages.
function take(event) {
  const call = event.toolCallId && messages.flatMap((message) => message.toolCalls ?? []).find((each) => each.id === event.toolCallId);
  switch (event.type) {
    case 'TEXT_MESSAGE_START': messages.push({ id: event.messageId, role: 'assistant', content: '' }); break;
    case 'TEXT_MESSAGE_CONTENT': messages.find((message) => message.id === event.messageId).content += event.delta; break;
    case 'TOOL_CALL_START': {
      const made = { id: event.toolCallId, type: 'function', function: { name: event.toolCallName, arguments: '' } };
      const asked = messages.find((message) => message.id === event.parentMessageId);
      if (call) break;
      if (asked) (asked.toolCalls ??= []).push(made);
      else messages.push({ id: event.parentMessageId ?? crypto.randomUUID(), role: 'assistant', toolCalls: [made] });
      break;
    }
    case 'TOOL_CALL_ARGS': call.function.arguments += event.delta; break;
    case 'TOOL_CALL_RESULT':
      messages.push({ id: event.messageId, role: 'tool', toolCallId: event.toolCallId, content: event.content });
      break;
    case 'CUSTOM': if (event.name === 'code_mode.call') made.push(event.value.tool_name); break;
    case 'RUN_FINISHED': interrupts = event.outcome?.interrupts ?? []; break;
  }
}

function say(content) {
  messages.push({ id: crypto.randomUUID(), role: 'user', content });
  run();
}

function edit(number, content) {
  messages = messages.slice(0, number);
  say(content);
}

function render() {
  const rows = messages.map((message, number) => $('article', { className: message.role }, ...shown(message, number)));
  const calls = made.map((tool) => $('small', { className: 'made', textContent: `calls ${tool}` }));
  place.replaceChildren(...rows, ...calls, ...(interrupts.length ? [asked()] : []));
}

function shown(message, number) {
  if (message.role === 'tool') return [$('pre', { className: 'output', textContent: message.content })];
  if (message.role === 'user') {
    const again = $('button', { textContent: 'Edit', onclick: () => { const changed = prompt('Message', message.content); if (changed) edit(number, changed); } });
    return [$('p', { textContent: message.content }), again];
  }
  const codes = (message.toolCalls ?? []).map((call) => $('pre', { textContent: code(call) }));
  return [message.content && $('p', { className: 'said', textContent: message.content }), ...codes];
}

function code(call) {
  try {
    return JSON.parse(call.function.arguments).code;
  } catch {
    return call.function.arguments;  // still arriving
  }
}

// One row for each interrupt, whatever asks: all that is known of it is in the protocol.
function asked() {
  const choices = interrupts.map((interrupt) => choice(interrupt));
  const all = (approved) => run(interrupts.map(({ id }) => ({ interruptId: id, status: 'resolved', payload: { approved } })));
  return $('article', { className: 'waits' },
    ...choices.map(({ element }) => element),
    $('button', { textContent: 'Decide', onclick: () => run(choices.map(({ entry }) => entry()).filter(Boolean)) }),
    $('button', { textContent: 'Approve', onclick: () => all(true) }),
    $('button', { textContent: 'Deny', onclick: () => all(false) }));
}

function choice({ id, message, metadata }) {
  const text = metadata?.text ?? message;
  const external = metadata?.reason === 'external';
  const kind = $('select', { ariaLabel: `Decision on ${text}` }, ...(external ? ['later', 'result', 'deny'] : ['later', 'approve', 'deny']).map((value) => $('option', { value, textContent: value })));
  const value = $('input', { ariaLabel: `Text for ${text}`, placeholder: external ? 'what it gives' : 'why not' });
  const entry = () => {
    if (kind.value === 'later') return null;
    const payload = kind.value === 'deny' ? { approved: false, reason: value.value || 'denied' } : { approved: true };
    if (kind.value === 'result') payload.result = value.value;
    return { interruptId: id, status: 'resolved', payload };
  };
  return { entry, element: $('fieldset', {}, $('legend', { className: 'call', textContent: text }), kind, value) };
}

document.getElementById('ask').onsubmit = (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (text.value.trim()) say(text.value.trim());
  text.value = '';
};

({ messages, interrupts } = await (await fetch(`/chats/${encodeURIComponent(threadId)}`)).json());
status.textContent = 'ready';
render();
