import { berthd } from './berthd.ts';

await berthd(process.env);
