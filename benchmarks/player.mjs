/** A rival at work: its process, and the lines of JSON that go back and forth (players/serve.mjs is the other end). */
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

/** No call of any case takes longer on any machine worth measuring on. */
const TIMEOUT = 600_000;

export class Player {
  /** @param given what the process is told: the case, its files, the rival's threads and options */
  constructor([program, ...args], given) {
    this.process = spawn(program, [...args, JSON.stringify(given)], {stdio: ['pipe', 'pipe', 'pipe']});
    this.errors = '';
    this.process.stderr.on('data', (text) => {
      this.errors = `${this.errors}${text}`.slice(-2000);
    });
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(error.message));
      this.process.once('close', (code) =>
        resolve(`ended with ${code}: ${this.errors.trim().split('\n').at(-1)}`),
      );
    });
    // Writing to a process that has died is answered by `ended`.
    this.process.stdin.on('error', () => {});
    this.lines = createInterface({input: this.process.stdout})[Symbol.asyncIterator]();
  }

  /** The next message, or an error when the process ends or says nothing in time. */
  async next() {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(`said nothing for ${TIMEOUT / 1000} s`), TIMEOUT);
    });
    const failed = Promise.race([this.ended, late]).then((reason) => ({reason}));
    const {value, reason} = await Promise.race([this.messageOf(), failed]);
    clearTimeout(timer);
    if (value === undefined) throw new Error(reason ?? (await this.ended));
    return value;
  }

  /** Lines that are no JSON are remarks of a library. */
  async messageOf() {
    for (;;) {
      const {value, done} = await this.lines.next();
      if (done) return {};
      if (value.startsWith('{')) return {value: JSON.parse(value)};
    }
  }

  ask(what) {
    this.process.stdin.write(`${what}\n`);
    return this.next();
  }

  /** Ends the process and waits for its end. */
  async end() {
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}
