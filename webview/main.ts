/** The dashboard page's entry point. */
import './zodWithoutEval.ts';
import { Dashboard } from './dashboard.ts';
import { Host } from './host.ts';

const root = document.getElementById('dashboard');
if (root !== null) new Dashboard(root, new Host()).start();
