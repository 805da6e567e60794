// Sessions with a served store by ioredis: ioredis_sessions.js PORT. Once it has said `restart` on stdout the server
// is to be killed and started again on the same port; the client finds it by itself.
'use strict';

const assert = require('assert');
const Redis = require('ioredis');

function connect() {
  const client = new Redis({ port: Number(process.argv[2]), retryStrategy: () => 20 });
  client.on('error', () => {}); // what it says while nobody listens; then it tries again
  return client;
}

async function values(c) {
  assert.equal(await c.set('k', 'v'), 'OK');
  assert.equal(await c.get('k'), 'v');
  assert.equal(await c.get('nothing'), null);
  assert.equal(await c.set('k', 'w', 'NX'), null);
  assert.deepEqual(await c.mget('k', 'nothing'), ['v', null]);
  assert.equal(await c.incrby('n', 41), 41);
  assert.equal(await c.incr('n'), 42);
  await assert.rejects(c.incr('k'), /not an integer/);
  await assert.rejects(c.lpush('l', '1'), /the values of Stowage are strings/);
  assert.equal(await c.del('k', 'n', 'nothing'), 2);
}

async function buffers(c) {
  const name = Buffer.from([0, 255, 13, 10]);
  const bytes = Buffer.from(Array.from({ length: 70000 }, (_, i) => (i * 31) & 255));
  await c.set(name, bytes);
  assert.ok((await c.getBuffer(name)).equals(bytes));
  await c.del(name);
}

async function pipeline(c) {
  const asked = c.pipeline();
  for (let i = 0; i < 3000; i++) asked.set(`p${i % 50}`, i).get(`p${i % 50}`);
  const answers = await asked.exec();
  answers.forEach(([error, answer], i) => {
    assert.equal(error, null);
    assert.equal(answer, i % 2 === 0 ? 'OK' : `${(i - 1) / 2}`);
  });
}

async function transactions(c) {
  const answers = await c.multi().set('t', '1').incr('t').get('t').del('t').exec();
  assert.deepEqual(answers, [[null, 'OK'], [null, 2], [null, '2'], [null, 1]]);
  const other = connect();
  await c.set('w', '1');
  await c.watch('w');
  await other.set('w', '2');
  assert.equal(await c.multi().set('w', '3').exec(), null);
  assert.equal(await c.get('w'), '2');
  other.disconnect();
}

async function scans(c) {
  await c.mset(Array.from({ length: 2500 }, (_, i) => [`scan:${i}`, `${i}`]).flat());
  const seen = new Set();
  for await (const names of c.scanStream({ match: 'scan:*', count: 100 })) names.forEach((n) => seen.add(n));
  assert.equal(seen.size, 2500);
}

async function expiry(c) {
  await c.set('soon', 'x', 'PX', 1);
  while ((await c.exists('soon')) === 1);
  await c.set('later', 'x', 'EX', 1000);
  assert.ok((await c.ttl('later')) > 900);
  assert.equal(await c.persist('later'), 1);
  assert.equal(await c.ttl('later'), -1);
}

async function restart(c) {
  await c.set('kept', 'through a restart');
  const gone = new Promise((resolve) => c.once('reconnecting', resolve));
  console.log('restart');
  await gone;
  // Asked for while nobody listens.
  assert.equal(await c.get('kept'), 'through a restart');
  assert.equal(await c.set('kept', 'and on'), 'OK');
}

(async () => {
  const c = connect();
  for (const session of [values, buffers, pipeline, transactions, scans, expiry, restart]) {
    await session(c);
    console.error(`${session.name}: ok`);
  }
  await c.quit();
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
