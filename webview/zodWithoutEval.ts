/**
 * Keeps zod from compiling its decoders with `new Function`, which the page's content security
 * policy forbids. It must be imported before any module that makes a decoder.
 */
import { config } from 'zod/mini';

config({ jitless: true });
