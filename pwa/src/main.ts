import { mount } from 'svelte';
import App from './App.svelte';
import { currentAccount } from './accounts/session.svelte';
import { installWorker } from './local/installed.svelte';
import { wakeOnEvents } from './syncing/triggers';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void currentAccount();
wakeOnEvents();
mount(App, { target });
installWorker();
