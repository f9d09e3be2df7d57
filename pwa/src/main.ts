import { mount } from 'svelte';
import App from './App.svelte';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/planning.css';
import './styles/print.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
mount(App, { target });
