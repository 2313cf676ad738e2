// The event log: an exposure a line, as the service's files have them but for the checksum, which its reader does not insist on.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

/** Opens a new file in a folder; what is written goes out in batches, as fast as the disk takes it. */
export function openEventLog(folder) {
  const file = createWriteStream(join(folder, `exposures-${process.pid}.jsonl`), { flags: 'ax' });
  return (exposure) => {
    file.write(`${JSON.stringify(exposure)}\n`);
  };
}

/** The bytes of numbers, as the log has long vectors. */
export function base64(numbers) {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}
