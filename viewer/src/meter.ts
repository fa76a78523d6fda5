/** Counts how often something happens per second, over the last second. */
export class Rate {
  private readonly times_ms: number[] = [];

  count(now_ms: number): void {
    this.times_ms.push(now_ms);
    this.forget(now_ms);
  }

  perSecond(now_ms: number): number {
    this.forget(now_ms);
    return this.times_ms.length;
  }

  private forget(now_ms: number): void {
    while (this.times_ms.length > 0 && this.times_ms[0] < now_ms - 1000) this.times_ms.shift();
  }
}

/** The median of the last values. */
export class Median {
  private readonly values: number[] = [];

  constructor(private readonly size: number) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.size) this.values.shift();
  }

  clear(): void {
    this.values.length = 0;
  }

  get value(): number | null {
    if (this.values.length === 0) return null;
    return [...this.values].sort((a, b) => a - b)[this.values.length >> 1];
  }
}
