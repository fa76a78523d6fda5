// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT
/** The part of MessagePack that the protocol uses. */

const DEEPEST_NESTING = 16;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** What a message is made of. Integers beyond 2^53 lose their last digits: clocks in ns stay below for 104 days. */
export type Value = null | boolean | number | string | Uint8Array | Value[] | { [key: string]: Value };

/**
 * One value from bytes.
 * @throws {RangeError} The bytes are not MessagePack, or hold what the protocol does not use.
 */
export function decode(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.ended) throw new RangeError("bytes are left over");
  return value;
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get ended(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): Value {
    if (depth > DEEPEST_NESTING) throw new RangeError("nested too deeply");
    const tag = this.unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.list(tag & 0x0f, depth);
    if (tag < 0xc0) return UTF8.decode(this.take(tag & 0x1f));
    if (tag >= 0xe0) return tag - 0x100;
    return this.tagged(tag, depth);
  }

  private tagged(tag: number, depth: number): Value {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.unsigned(1 << (tag - 0xc4)));
      case 0xca:
        return this.view.getFloat32(this.skip(4));
      case 0xcb:
        return this.view.getFloat64(this.skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.unsigned(1 << (tag - 0xcc));
      case 0xd0:
        return this.view.getInt8(this.skip(1));
      case 0xd1:
        return this.view.getInt16(this.skip(2));
      case 0xd2:
        return this.view.getInt32(this.skip(4));
      case 0xd3:
        return Number(this.view.getBigInt64(this.skip(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return UTF8.decode(this.take(this.unsigned(1 << (tag - 0xd9))));
      case 0xdc:
      case 0xdd:
        return this.list(this.unsigned(2 << (tag - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(2 << (tag - 0xde)), depth);
      default:
        throw new RangeError(`type 0x${tag.toString(16)} is not used`);
    }
  }

  private list(count: number, depth: number): Value[] {
    const items: Value[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.value(depth + 1));
    return items;
  }

  private map(count: number, depth: number): { [key: string]: Value } {
    const fields: { [key: string]: Value } = Object.create(null) as { [key: string]: Value };
    for (let i = 0; i < count; i += 1) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new RangeError("a key must be a string");
      fields[key] = this.value(depth + 1);
    }
    return fields;
  }

  private take(size: number): Uint8Array {
    const start = this.skip(size);
    return this.bytes.subarray(start, start + size);
  }

  private unsigned(size: number): number {
    const start = this.skip(size);
    if (size === 8) return Number(this.view.getBigUint64(start));
    if (size === 4) return this.view.getUint32(start);
    return size === 2 ? this.view.getUint16(start) : this.view.getUint8(start);
  }

  private skip(size: number): number {
    const start = this.at;
    if (size > this.bytes.length - start) throw new RangeError("the message ends too early");
    this.at += size;
    return start;
  }
}

/** One value to bytes, integers in their shortest form. Entries that are undefined are left out. */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.value(value);
  return writer.done();
}

class Writer {
  private bytes = new Uint8Array(128);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  value(value: unknown): void {
    if (value === null) this.big(1, 0xc0);
    else if (typeof value === "boolean") this.big(1, value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "string") this.text(value);
    else if (value instanceof Uint8Array) this.binary(value);
    else if (Array.isArray(value)) {
      this.header(value.length, 0x90, 16, 0xdc, false);
      for (const item of value) this.value(item);
    } else if (typeof value === "object") this.map(value);
    else throw new TypeError(`a ${typeof value} cannot be sent`);
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at);
  }

  private map(map: object): void {
    const entries = Object.entries(map).filter(([, item]) => item !== undefined);
    this.header(entries.length, 0x80, 16, 0xde, false);
    for (const [key, item] of entries) {
      this.text(key);
      this.value(item);
    }
  }

  private number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.big(1, 0xcb);
      const at = this.room(8);
      this.view.setFloat64(at, value);
    } else if (value < 0) {
      this.big(1, value >= -32 ? value + 0x100 : 0xd3);
      if (value < -32) this.long(BigInt.asUintN(64, BigInt(value)));
    } else if (value < 0x80) this.big(1, value);
    else if (value < 0x100) this.big(1, 0xcc, value);
    else if (value < 0x10000) this.sized(0xcd, 2, value);
    else if (value < 0x100000000) this.sized(0xce, 4, value);
    else {
      this.big(1, 0xcf);
      this.long(BigInt(value));
    }
  }

  private text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.header(bytes.length, 0xa0, 32, 0xd9, true);
    this.copy(bytes);
  }

  private binary(bytes: Uint8Array): void {
    this.header(bytes.length, 0, 0, 0xc4, true);
    this.copy(bytes);
  }

  /** A length: in the tag where it is short, else behind one of 8 (where there is one), 16 or 32 bits. */
  private header(count: number, short: number, shortEnd: number, tag: number, has8: boolean): void {
    const after8 = has8 ? tag + 1 : tag;
    if (count < shortEnd) this.big(1, short | count);
    else if (has8 && count < 0x100) this.sized(tag, 1, count);
    else if (count < 0x10000) this.sized(after8, 2, count);
    else this.sized(after8 + 1, 4, count);
  }

  private sized(tag: number, size: number, value: number): void {
    this.big(1, tag);
    this.big(size, value);
  }

  private big(size: number, ...values: number[]): void {
    for (const value of values) {
      const at = this.room(size);
      if (size === 1) this.view.setUint8(at, value);
      else if (size === 2) this.view.setUint16(at, value);
      else this.view.setUint32(at, value);
    }
  }

  private long(value: bigint): void {
    const at = this.room(8);
    this.view.setBigUint64(at, value);
  }

  private copy(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Where so many bytes may be written; it may move the buffer, so call it first. */
  private room(size: number): number {
    const start = this.at;
    this.at += size;
    if (this.at > this.bytes.length) {
      const larger = new Uint8Array(2 * this.at);
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return start;
  }
}
