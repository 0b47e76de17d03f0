/** Headers that people write, and lines for which there is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionHeaderLine } from './functionHeader.ts';

const source = `
struct Session { int id; };
static Session *open_session(int id) {
    return new Session{id};
}
void helper();
int handle(int request,
           int retries)
{
    for (int i = 0; i < retries; ++i) {
        helper();
    }
    if (handle_error(request)) { return 1; }
    Session *session = open_session(request);
    return session->id;
}
template <class T> T *Pool<T>::take(int n) { return new T[n]; }
Pool::~Pool() {
    release();
}
`.split('\n');
const lineOf = (text: string): number => source.findIndex((line) => line.includes(text));

test('the header above the body is found', () => {
  assert.equal(
    functionHeaderLine(source, lineOf('new Session'), 'open_session'),
    lineOf('static Session'),
  );
});

test('a header over two lines, past closed blocks and calls of like names', () => {
  assert.equal(
    functionHeaderLine(source, lineOf('= open_session'), 'ns::handle'),
    lineOf('int handle('),
  );
});

test('a body on the header line, a destructor', () => {
  const take = lineOf('Pool<T>::take');
  assert.equal(functionHeaderLine(source, take, 'Pool::take'), take);
  assert.equal(functionHeaderLine(source, lineOf('release()'), 'Pool::~Pool'), lineOf('~Pool'));
});

test('without a header the line itself is the answer', () => {
  assert.equal(functionHeaderLine(source, 3, 'unknown'), 3);
  assert.equal(functionHeaderLine(source, 3, ''), 3);
  assert.equal(functionHeaderLine(source, 3, 'main::(lambda)::operator()'), 3);
  assert.equal(functionHeaderLine([], 9, 'f'), 9);
});
