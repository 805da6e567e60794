// Sessions with a served store by node-redis: node_sessions.js PORT. Once it has said `restart` on stdout the server
// is to be killed and started again on the same port; the client finds it by itself.
'use strict';

const assert = require('assert');
const { createClient, commandOptions, WatchError, ErrorReply } = require('redis');

const url = `redis://127.0.0.1:${process.argv[2]}`;

async function connect() {
  const client = createClient({ url, socket: { reconnectStrategy: () => 20 } });
  client.on('error', () => {}); // what it says while nobody listens; then it tries again
  await client.connect();
  return client;
}

async function values(c) {
  assert.equal(await c.set('k', 'v'), 'OK');
  assert.equal(await c.get('k'), 'v');
  assert.equal(await c.get('nothing'), null);
  assert.equal(await c.set('k', 'w', { NX: true }), null);
  assert.equal(await c.set('k', 'w', { GET: true }), 'v');
  assert.equal(await c.append('k', 'xyz'), 4);
  assert.equal(await c.getRange('k', 1, -2), 'xy');
  assert.deepEqual(await c.mGet(['k', 'nothing']), ['wxyz', null]);
  assert.equal(await c.incrBy('n', 41), 41);
  assert.equal(await c.incr('n'), 42);
  await assert.rejects(c.incr('k'), ErrorReply);
  await assert.rejects(c.lPush('l', '1'), /the values of Stowage are strings/);
  assert.equal(await c.del(['k', 'n', 'nothing']), 2);
}

async function buffers(c) {
  const bytes = Buffer.from(Array.from({ length: 70000 }, (_, i) => (i * 31) & 255));
  await c.set(Buffer.from([0, 255, 13, 10]), bytes);
  const got = await c.get(commandOptions({ returnBuffers: true }), Buffer.from([0, 255, 13, 10]));
  assert.ok(got.equals(bytes));
  await c.del(Buffer.from([0, 255, 13, 10]));
}

// What is asked for in one turn of its loop goes out as one pipeline.
async function pipeline(c) {
  const answers = await Promise.all(
    Array.from({ length: 3000 }, (_, i) => [c.set(`p${i % 50}`, `${i}`), c.get(`p${i % 50}`)]).flat());
  answers.forEach((answer, i) => assert.equal(answer, i % 2 === 0 ? 'OK' : `${(i - 1) / 2}`));
}

async function transactions(c) {
  assert.deepEqual(await c.multi().set('t', '1').incr('t').get('t').del('t').exec(), ['OK', 2, '2', 1]);
  const other = await connect();
  await c.set('w', '1');
  await assert.rejects(
    c.executeIsolated(async (mine) => {
      await mine.watch('w');
      await other.set('w', '2');
      return mine.multi().set('w', '3').exec();
    }),
    WatchError);
  assert.equal(await c.get('w'), '2');
  await other.disconnect();
}

async function scans(c) {
  await c.mSet(Array.from({ length: 2500 }, (_, i) => [`scan:${i}`, `${i}`]));
  const seen = new Set();
  for await (const name of c.scanIterator({ MATCH: 'scan:*', COUNT: 100 })) seen.add(name);
  assert.equal(seen.size, 2500);
  assert.equal((await c.keys('scan:1?')).length, 10);
}

async function expiry(c) {
  await c.set('soon', 'x', { PX: 1 });
  while ((await c.exists('soon')) === 1);
  await c.set('later', 'x', { EX: 1000 });
  assert.ok((await c.ttl('later')) > 900);
  assert.equal(await c.persist('later'), true);
  assert.equal(await c.ttl('later'), -1);
}

// A request that was under way when the connection broke fails, and is for its sender to repeat.
async function insist(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (e) {
      if (e instanceof ErrorReply) throw e;
    }
  }
}

async function restart(c) {
  await c.set('kept', 'through a restart');
  const gone = new Promise((resolve) => c.once('reconnecting', resolve));
  console.log('restart');
  await gone;
  // Asked for while nobody listens.
  assert.equal(await insist(() => c.get('kept')), 'through a restart');
  assert.equal(await insist(() => c.set('kept', 'and on')), 'OK');
}

(async () => {
  const c = await connect();
  for (const session of [values, buffers, pipeline, transactions, scans, expiry, restart]) {
    await session(c);
    console.error(`${session.name}: ok`);
  }
  await c.quit();
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
